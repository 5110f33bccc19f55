"""Our memory: records (database), objects (files, S3), the outbox and the queue."""

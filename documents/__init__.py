"""Paper: QR pictures, report PDFs, watermarks, thumbnails of documents."""

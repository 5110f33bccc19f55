"""What is known of patients, and which of their numbers are one person."""

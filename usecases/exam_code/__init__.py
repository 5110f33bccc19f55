"""The examination's code: the QR on the patient's report."""

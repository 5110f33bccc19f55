"""What a proved viewer sees: the examination, its report, its images."""

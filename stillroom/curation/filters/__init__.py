"""What drops a text by itself: secrets, personal data, other languages, unusual lengths."""

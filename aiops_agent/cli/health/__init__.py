"""What `doctor` looks at: small questions, each answered by itself."""

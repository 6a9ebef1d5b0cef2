"""What people write into config.yaml."""

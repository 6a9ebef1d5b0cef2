"""Who has signed the playbooks: keys, the manifest, and whether a playbook is as it was signed."""

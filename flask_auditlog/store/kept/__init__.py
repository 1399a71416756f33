"""What is kept beside the log: realms, tokens, viewer links, saved views and exports."""

"""What the command lines of the agent and of the collector share."""

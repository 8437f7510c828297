"""What scripts/bench is made of; nothing of it is part of the package."""

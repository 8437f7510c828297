"""How processes begin, fork and end, and what each server does differently there."""

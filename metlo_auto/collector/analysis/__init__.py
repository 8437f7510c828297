"""From stored batches to counts that merge in any order, and the writing of these."""

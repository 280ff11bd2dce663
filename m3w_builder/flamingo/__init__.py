"""The reference Flamingo: the model, its training and evaluation, and the evidence that it gives about a corpus."""

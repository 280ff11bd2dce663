"""The way of the data: three passes over partitions, and the exchange of keys between them."""

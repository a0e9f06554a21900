"""What `recover` stands on: the film as far as it got, a place for the new one until it is whole, and a watch on the encoder."""

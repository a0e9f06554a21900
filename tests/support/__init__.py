"""What the tests share: a picture that names its own frame, exact colours, decoders, a browser, displays.

Nothing here imports the product, so that a mistake there cannot hide in the check of it.
"""

"""The live recording: the render thread's side, the encode thread's side, and the queue between them."""

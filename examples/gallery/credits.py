"""A film that is there gets a title, darker corners and a fade: a chain of operations."""

import glrec

film = glrec.read("moderngl_tunnel.mp4")
film = film.vignette(0.8).text("Recorded with glrec", at=(0, -20), align=(0.5, 1))
film = film.fade(glrec.process.eased((0, 0), (0.6, 1), (3.4, 1), (4, 0)))
glrec.write_video("credits.mp4", film)

"""An arcade game's window is pyglet's: the same line."""

import random

import arcade

import glrec


class Sparks(arcade.Window):
    def __init__(self):
        super().__init__(480, 270, "sparks")
        self.sparks, self.dice = [], random.Random(7)

    def on_update(self, delta_time):
        self.sparks = [[x + vx, y + vy, vx, vy - 0.15, c] for x, y, vx, vy, c in self.sparks if y > 0]
        for _ in range(4):
            color = self.dice.choice([arcade.color.GOLD, arcade.color.ORANGE_RED, arcade.color.SKY_BLUE])
            self.sparks.append([240, 20, self.dice.gauss(0, 1.6), self.dice.uniform(4, 8), color])

    def on_draw(self):
        self.clear()
        for x, y, _, _, color in self.sparks:
            arcade.draw_circle_filled(x, y, 3, color)


window = Sparks()
glrec.attach(window, "arcade_sparks.mp4", fps=30, timing="step", frames=120)
arcade.schedule_once(lambda _: arcade.exit(), 8)
arcade.run()

"""What is being measured, and how long it will still take."""

import sys
import time


def duration(seconds):
    return f'{seconds:.0f} s' if seconds < 90 else f'{seconds / 60:.0f} min'


class Progress:
    """One line on a terminal, rewritten; elsewhere a line for what is finished. after: seconds that what follows is
    estimated to take."""

    def __init__(self, total, after=0):
        self.total, self.done, self.after = total, 0, after
        self.began = time.monotonic()
        self.live = sys.stderr.isatty()

    def left(self):
        """In words; nothing until one of the steps has shown how long they take."""
        if not self.done:
            return ''
        own = (time.monotonic() - self.began) / self.done * (self.total - self.done)
        return f', {duration(own + self.after)} left'

    def show(self, text):
        if self.live:
            print(f'\r\033[K[{self.done}/{self.total}{self.left()}] {text}', end='', file=sys.stderr, flush=True)

    def finished(self, text):
        """One of the steps."""
        self.done += 1
        if self.live:
            self.show(text)
        else:
            print(f'[{self.done}/{self.total}{self.left()}] {text}', file=sys.stderr, flush=True)

    def end(self):
        if self.live:
            print('\r\033[K', end='', file=sys.stderr, flush=True)

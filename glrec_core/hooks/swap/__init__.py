"""Hears of calls that libraries of this process make to others, without a compiler: swaps of buffers above all.

An ELF library calls a function of another one through a slot in its own memory, or through a pointer that `dlsym` or
`glXGetProcAddress` gave it. `elf` finds the slots, `machine` makes the few instructions that stand in them, `loading` keeps
`dlopen` and `dlsym` what they were to their callers, and `watch` puts it together. Linux on x86-64 and arm64.
"""

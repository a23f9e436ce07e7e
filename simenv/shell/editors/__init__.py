"""Line editors that scripts drive: ed, and ex as vi has it."""

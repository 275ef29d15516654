/** Tape, derivatives, layers and optimizers. */
module org.diffusionnft.autograd {
  requires transitive org.diffusionnft.tensor;
  requires static org.jspecify;

  exports org.diffusionnft.autograd;
}

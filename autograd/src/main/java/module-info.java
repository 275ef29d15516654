/** Tape, derivatives, layers and optimizers. */
module org.diffusionnft.autograd {
  requires transitive org.diffusionnft.tensor;
  requires static org.jspecify;

  // exports org.diffusionnft.autograd;  (to be enabled with the first type: an empty package cannot be exported)
}

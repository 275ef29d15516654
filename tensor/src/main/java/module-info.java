/** Tensors, memory, randomness, the device interface and the reference device. */
module org.diffusionnft.tensor {

  requires static org.jspecify;

  // exports org.diffusionnft.tensor;  (to be enabled with the first type: an empty package cannot be exported)
}

/** Tensors, memory, randomness, the device interface and the reference device. */
module org.diffusionnft.tensor {
  requires static org.jspecify;

  exports org.diffusionnft.tensor;

  uses org.diffusionnft.tensor.DeviceProvider;
}

/** Kernel cases that compare a device with the reference device. */
module org.diffusionnft.conformance {
  requires transitive org.diffusionnft.tensor;
  requires static org.jspecify;

  exports org.diffusionnft.conformance;
}

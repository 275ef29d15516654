/** Kernel cases that hold a device against the reference device. */
module org.diffusionnft.conformance {
  requires transitive org.diffusionnft.tensor;
  requires static org.jspecify;

  exports org.diffusionnft.conformance;
}

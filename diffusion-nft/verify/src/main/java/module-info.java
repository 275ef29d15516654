/** Golden cases of the reference implementations. */
module org.diffusionnft.verify {
  requires transitive org.diffusionnft.conformance;
  requires transitive org.diffusionnft.trainer;
  requires commons.math3;
  requires static org.jspecify;

  exports org.diffusionnft.verify;
  exports org.diffusionnft.verify.onnx;
}

/** Networks in the ONNX format, on our own tensors and devices. */
module org.diffusionnft.onnx {
  requires transitive org.diffusionnft.weights;
  requires static org.jspecify;

  exports org.diffusionnft.onnx;
  exports org.diffusionnft.onnx.value;
}

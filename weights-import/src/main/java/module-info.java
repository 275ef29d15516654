/** Safetensors, checkpoint layouts and PEFT adapters. */
module org.diffusionnft.weights {
  requires transitive org.diffusionnft.models;
  requires transitive com.fasterxml.jackson.databind;
  requires static org.jspecify;

  exports org.diffusionnft.weights;
  exports org.diffusionnft.weights.blip;
  exports org.diffusionnft.weights.checkpoint;
  exports org.diffusionnft.weights.clip;
  exports org.diffusionnft.weights.io;
  exports org.diffusionnft.weights.mask2former;
  exports org.diffusionnft.weights.onnx;
  exports org.diffusionnft.weights.peft;
  exports org.diffusionnft.weights.safetensors;
  exports org.diffusionnft.weights.singlefile;
  exports org.diffusionnft.weights.tokenizer;
  exports org.diffusionnft.weights.torch;
}

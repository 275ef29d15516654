/** Safetensors, checkpoint layouts and PEFT adapters. */
module org.diffusionnft.weights {
  requires transitive org.diffusionnft.models;
  requires transitive com.fasterxml.jackson.databind;
  requires static org.jspecify;

  exports org.diffusionnft.weights;
}

/** Pictures from prompts with a model on disk, and tools for checkpoints. */
module org.diffusionnft.pipeline {
  requires transitive org.diffusionnft.images;
  requires transitive org.diffusionnft.weights;
  requires ejml.core;
  requires ejml.ddense;
  requires static io.soabase.recordbuilder.core;
  requires static java.compiler;
  requires static org.jspecify;

  exports org.diffusionnft.pipeline;
  exports org.diffusionnft.pipeline.checkpoint;
}

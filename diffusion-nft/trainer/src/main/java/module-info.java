/** The algorithms, their settings, the run folder, evaluation of models on disk. */
module org.diffusionnft.trainer {
  requires transitive org.diffusionnft.pipeline;
  requires transitive org.diffusionnft.rewards;
  requires com.fasterxml.jackson.dataformat.yaml;
  requires commons.math3;
  requires org.apache.commons.text;
  requires static io.soabase.recordbuilder.core;
  requires static java.compiler;
  requires static org.jspecify;

  exports org.diffusionnft.trainer;
  exports org.diffusionnft.trainer.config;
  exports org.diffusionnft.trainer.evaluation;
  exports org.diffusionnft.trainer.grpo;
  exports org.diffusionnft.trainer.journal;
  exports org.diffusionnft.trainer.nft;
  exports org.diffusionnft.trainer.objective;
  exports org.diffusionnft.trainer.run;
}

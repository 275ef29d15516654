/** ShapesWorld: scenes, prompts, judge, model, pretraining. */
module org.diffusionnft.shapes {
  requires transitive org.diffusionnft.trainer;
  requires commons.math3;
  requires static io.soabase.recordbuilder.core;
  requires static java.compiler;
  requires static org.jspecify;

  provides org.diffusionnft.rewards.RewardProvider with
      org.diffusionnft.shapes.ShapesReward.Clean,
      org.diffusionnft.shapes.ShapesReward.Graded,
      org.diffusionnft.shapes.ShapesReward.Strict;

  exports org.diffusionnft.shapes;
  exports org.diffusionnft.shapes.evaluation;
  exports org.diffusionnft.shapes.model;
  exports org.diffusionnft.shapes.pretrain;
  exports org.diffusionnft.shapes.training;
}

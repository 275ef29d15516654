/** The trainer, the embedded world and the command line. */
module org.diffusionnft.trainer {
  requires transitive org.diffusionnft.weights;
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.dataformat.yaml;
  requires commons.math3;
  requires dev.failsafe.core;
  requires ejml.core;
  requires ejml.ddense;
  requires info.picocli;
  requires java.desktop;
  requires java.net.http;
  requires jdk.httpserver;
  requires me.tongfei.progressbar;
  requires org.apache.commons.text;
  requires xchart;
  requires static org.jspecify;

  uses org.diffusionnft.trainer.reward.RewardProvider;

  provides org.diffusionnft.trainer.reward.RewardProvider with
      org.diffusionnft.trainer.reward.clip.AestheticReward.Provider,
      org.diffusionnft.trainer.reward.clip.ClipReward.Clip,
      org.diffusionnft.trainer.reward.clip.ClipReward.Hps,
      org.diffusionnft.trainer.reward.clip.ClipReward.Pick,
      org.diffusionnft.trainer.reward.geneval.GenEvalReward.Provider,
      org.diffusionnft.trainer.reward.service.JudgeReward.Provider,
      org.diffusionnft.trainer.reward.service.ServiceReward.Command,
      org.diffusionnft.trainer.reward.service.ServiceReward.Http,
      org.diffusionnft.trainer.reward.text.OcrReward.Provider,
      org.diffusionnft.trainer.reward.JpegReward.Compressibility,
      org.diffusionnft.trainer.reward.JpegReward.Incompressibility,
      org.diffusionnft.trainer.shapes.ShapesReward.Graded,
      org.diffusionnft.trainer.shapes.ShapesReward.Strict;

  exports org.diffusionnft.trainer;
  exports org.diffusionnft.trainer.bench;
  exports org.diffusionnft.trainer.checkpoint;
  exports org.diffusionnft.trainer.cli;
  exports org.diffusionnft.trainer.config;
  exports org.diffusionnft.trainer.conformance;
  exports org.diffusionnft.trainer.course;
  exports org.diffusionnft.trainer.demo;
  exports org.diffusionnft.trainer.evaluation;
  exports org.diffusionnft.trainer.experiment;
  exports org.diffusionnft.trainer.grpo;
  exports org.diffusionnft.trainer.nft;
  exports org.diffusionnft.trainer.picture;
  exports org.diffusionnft.trainer.pretrain;
  exports org.diffusionnft.trainer.report;
  exports org.diffusionnft.trainer.reward;
  exports org.diffusionnft.trainer.reward.clip;
  exports org.diffusionnft.trainer.reward.geneval;
  exports org.diffusionnft.trainer.reward.service;
  exports org.diffusionnft.trainer.reward.text;
  exports org.diffusionnft.trainer.run;
  exports org.diffusionnft.trainer.shapes;
  exports org.diffusionnft.trainer.verify;

  opens org.diffusionnft.trainer.cli to
      info.picocli;
}

/** Rewards: scores of pictures. */
module org.diffusionnft.rewards {
  requires transitive org.diffusionnft.images;
  requires transitive org.diffusionnft.onnx;
  requires com.fasterxml.jackson.databind;
  requires dev.failsafe.core;
  requires java.desktop;
  requires java.net.http;
  requires org.apache.commons.text;
  requires static org.jspecify;

  uses org.diffusionnft.rewards.RewardProvider;

  provides org.diffusionnft.rewards.RewardProvider with
      org.diffusionnft.rewards.clip.AestheticReward.Provider,
      org.diffusionnft.rewards.clip.ClipReward.Clip,
      org.diffusionnft.rewards.clip.ClipReward.Hps,
      org.diffusionnft.rewards.clip.ClipReward.Pick,
      org.diffusionnft.rewards.geneval.GenEvalReward.Provider,
      org.diffusionnft.rewards.imagereward.ImageReward.Provider,
      org.diffusionnft.rewards.onnx.OnnxReward.Provider,
      org.diffusionnft.rewards.service.JudgeReward.Provider,
      org.diffusionnft.rewards.service.ServiceReward.Command,
      org.diffusionnft.rewards.service.ServiceReward.Http,
      org.diffusionnft.rewards.text.OcrReward.Provider,
      org.diffusionnft.rewards.ColourReward.Provider,
      org.diffusionnft.rewards.JpegReward.Compressibility,
      org.diffusionnft.rewards.JpegReward.Incompressibility;

  exports org.diffusionnft.rewards;
  exports org.diffusionnft.rewards.clip;
  exports org.diffusionnft.rewards.geneval;
  exports org.diffusionnft.rewards.imagereward;
  exports org.diffusionnft.rewards.ocr;
  exports org.diffusionnft.rewards.text;
}

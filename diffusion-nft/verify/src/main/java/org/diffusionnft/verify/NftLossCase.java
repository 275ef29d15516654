package org.diffusionnft.verify;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.nft.AdvantageMode;
import org.diffusionnft.trainer.nft.LossTerms;
import org.diffusionnft.trainer.nft.LossWeighting;
import org.diffusionnft.trainer.nft.NftLoss;
import org.diffusionnft.weights.io.InvalidFileException;

/** Every term of the policy loss and its gradient, for all advantage modes. */
final class NftLossCase implements CaseKind {
  @Override
  public String name() {
    return "nft_loss";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("variants")
        && folder.hasInput("forward_prediction")
        && folder.hasInput("old_prediction");
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    for (CaseConfig variant : folder.config().list("variants")) {
      verify(folder, variant, device, checks);
    }
  }

  private static void verify(CaseFolder folder, CaseConfig variant, Device device, Checks checks)
      throws InvalidFileException {
    int column = variant.integer("j");
    float[] t = column(folder.doubles(folder.inputs(), "timesteps"), folder, column);
    for (int b = 0; b < t.length; b++) {
      t[b] /= 1000f;
    }
    Tensor xt =
        ForwardProcess.noised(folder.input("x0", device), folder.input("noise", device), t, device);
    float[] forward = folder.floats(folder.inputs(), "forward_prediction");
    float[] old = folder.floats(folder.inputs(), "old_prediction");
    if (variant.flag("exact")) {
      // The last sample's predictions are exact: its errors are below the smallest weight.
      float[] exact = folder.floats(folder.inputs(), "exact_prediction");
      int last = exact.length - exact.length / t.length;
      System.arraycopy(exact, last, forward, last, exact.length - last);
      System.arraycopy(exact, last, old, last, exact.length - last);
    }
    NftLoss loss =
        new NftLoss(
            variant.number("beta"),
            variant.number("kl"),
            variant.number("adv_clip_max"),
            mode(variant),
            LossWeighting.SELF_NORMALIZED);
    NftLoss.Outcome outcome =
        loss.evaluate(
            new NftLoss.Batch(
                forward,
                old,
                folder.floats(folder.inputs(), "ref_prediction"),
                folder.floats(folder.inputs(), "x0"),
                xt.toFloats(),
                t,
                advantages(folder, column)));
    String id = variant.text("id") + ".";
    checks.tensor(id + "xt", xt);
    for (Map.Entry<String, double[]> e : outputs(outcome).entrySet()) {
      if (folder.expects(id + e.getKey())) {
        checks.values(id + e.getKey(), e.getValue());
      }
    }
  }

  private static Map<String, double[]> outputs(NftLoss.Outcome outcome) {
    Map<String, double[]> outputs = new LinkedHashMap<>();
    outputs.put("grad.forward_prediction", Doubles.of(outcome.gradient()));
    NftLoss.SampleTerms samples = outcome.samples();
    outputs.put("r", samples.r());
    outputs.put("positive_loss", samples.positiveLoss());
    outputs.put("negative_loss", samples.negativeLoss());
    outputs.put("weight_factor", samples.positiveWeight());
    outputs.put("negative_weight_factor", samples.negativeWeight());
    outputs.put("ori_policy_loss", samples.policyLoss());
    LossTerms terms = outcome.terms();
    outputs.put("loss", new double[] {terms.totalLoss()});
    outputs.put("policy_loss_before_kl", new double[] {terms.policyLoss()});
    outputs.put("log.total_loss", new double[] {terms.totalLoss()});
    outputs.put("log.policy_loss", new double[] {terms.totalLoss()});
    outputs.put("log.unweighted_policy_loss", new double[] {terms.unweightedPolicyLoss()});
    outputs.put("log.kl_div", new double[] {number(terms.referenceMse())});
    outputs.put("log.kl_div_loss", new double[] {number(terms.referenceMse())});
    outputs.put("log.old_kl_div", new double[] {number(terms.oldReferenceMse())});
    outputs.put("log.old_deviate", new double[] {terms.oldDeviation()});
    outputs.put("log.old_deviate_max", new double[] {terms.oldDeviationMax()});
    outputs.put("log.x0_norm", new double[] {terms.x0Norm()});
    outputs.put("log.x0_norm_max", new double[] {terms.x0NormMax()});
    return outputs;
  }

  private static double number(OptionalDouble x) {
    return x.orElse(Double.NaN);
  }

  private static AdvantageMode mode(CaseConfig variant) throws InvalidFileException {
    String mode = variant.text("adv_mode");
    try {
      return AdvantageMode.valueOf(mode.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(variant.file(), "has the unknown adv_mode '" + mode + "'", e);
    }
  }

  private static double[] advantages(CaseFolder folder, int column) throws InvalidFileException {
    double[] all = folder.doubles(folder.inputs(), "advantages");
    Shape shape = folder.inputs().shape("advantages");
    double[] out = new double[shape.intDim(0)];
    for (int b = 0; b < out.length; b++) {
      out[b] = all[b * shape.intDim(1) + column];
    }
    return out;
  }

  private static float[] column(double[] all, CaseFolder folder, int column)
      throws InvalidFileException {
    Shape shape = folder.inputs().shape("timesteps");
    float[] out = new float[shape.intDim(0)];
    for (int b = 0; b < out.length; b++) {
      out[b] = (float) all[b * shape.intDim(1) + column];
    }
    return out;
  }
}

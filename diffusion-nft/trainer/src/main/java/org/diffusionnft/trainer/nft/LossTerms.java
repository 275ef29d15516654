package org.diffusionnft.trainer.nft;

import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.diffusionnft.trainer.nft.NftLoss.Batch;
import org.diffusionnft.trainer.nft.NftLoss.SampleTerms;
import org.jspecify.annotations.Nullable;

/**
 * The logged values of one evaluation of a loss. The reference code's names are those of the terms
 * of {@link NftLoss}.
 *
 * @param totalLoss what is minimised; the reference code logs it as {@code policy_loss} too,
 *     because it adds the reference term in place
 * @param policyLoss the loss without the reference term
 * @param unweightedPolicyLoss the same, without the factor {@code advClipMax}
 * @param referenceMse mean squared distance of the policy in training to the base model, {@code
 *     kl_div} and {@code kl_div_loss} in the reference code; empty if the base model was not run
 * @param oldReferenceMse the same of the old policy, {@code old_kl_div}
 * @param oldDeviation mean squared distance between the policy in training and the old one
 * @param oldDeviationMax the largest squared distance of any element
 * @param x0Norm mean square of the clean images
 * @param x0NormMax the largest square of any element
 */
public record LossTerms(
    double totalLoss,
    double policyLoss,
    double unweightedPolicyLoss,
    OptionalDouble referenceMse,
    OptionalDouble oldReferenceMse,
    double oldDeviation,
    double oldDeviationMax,
    double x0Norm,
    double x0NormMax) {

  /**
   * The mean of each term, maxima included, as the reference code logs it.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static LossTerms mean(List<LossTerms> all) {
    return new LossTerms(
        mean(all, LossTerms::totalLoss),
        mean(all, LossTerms::policyLoss),
        mean(all, LossTerms::unweightedPolicyLoss),
        optionalMean(all, LossTerms::referenceMse),
        optionalMean(all, LossTerms::oldReferenceMse),
        mean(all, LossTerms::oldDeviation),
        mean(all, LossTerms::oldDeviationMax),
        mean(all, LossTerms::x0Norm),
        mean(all, LossTerms::x0NormMax));
  }

  static LossTerms of(NftLoss loss, Batch batch, SampleTerms samples) {
    double policy = 0;
    double unweighted = 0;
    for (double each : samples.policyLoss()) {
      policy += each * loss.advClipMax();
      unweighted += each;
    }
    policy /= batch.samples();
    unweighted /= batch.samples();
    float[] reference = batch.reference();
    double total =
        reference == null
            ? policy
            : policy + (float) loss.referenceMseWeight() * meanSquare(batch.forward(), reference);
    return of(total, policy, unweighted, batch.forward(), batch.old(), reference, batch.x0());
  }

  /**
   * The terms of any loss, with distances between predictions.
   *
   * @param forward prediction of the policy in training
   * @param old prediction of the old policy, of equal length
   * @param reference prediction of the base model, if it was computed
   * @param x0 clean images
   */
  public static LossTerms of(
      double total,
      double policy,
      double unweighted,
      float[] forward,
      float[] old,
      float @Nullable [] reference,
      float[] x0) {
    OptionalDouble referenceMse = OptionalDouble.empty();
    OptionalDouble oldReferenceMse = OptionalDouble.empty();
    if (reference != null) {
      referenceMse = OptionalDouble.of(meanSquare(forward, reference));
      oldReferenceMse = OptionalDouble.of(meanSquare(old, reference));
    }
    float[] zeros = new float[x0.length];
    return new LossTerms(
        total,
        policy,
        unweighted,
        referenceMse,
        oldReferenceMse,
        meanSquare(forward, old),
        maxSquare(forward, old),
        meanSquare(x0, zeros),
        maxSquare(x0, zeros));
  }

  private static double mean(List<LossTerms> all, ToDoubleFunction<LossTerms> term) {
    return all.stream()
        .mapToDouble(term)
        .average()
        .orElseThrow(() -> new IllegalArgumentException("there is no mean of no terms"));
  }

  private static OptionalDouble optionalMean(
      List<LossTerms> all, Function<LossTerms, OptionalDouble> term) {
    return all.stream().map(term).flatMapToDouble(OptionalDouble::stream).average();
  }

  private static float meanSquare(float[] x, float[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      float d = x[i] - y[i];
      sum += d * d;
    }
    return (float) (sum / x.length);
  }

  private static float maxSquare(float[] x, float[] y) {
    float max = 0;
    for (int i = 0; i < x.length; i++) {
      float d = x[i] - y[i];
      max = Math.max(max, d * d);
    }
    return max;
  }
}

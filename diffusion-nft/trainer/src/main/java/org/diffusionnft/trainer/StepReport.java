package org.diffusionnft.trainer;

import org.diffusionnft.trainer.nft.LossTerms;

/**
 * One optimizer step.
 *
 * @param step index of the step, from 0
 * @param terms means over the step's batches and timesteps
 * @param gradNorm norm of the gradient before it was clipped
 */
public record StepReport(long step, LossTerms terms, double gradNorm) {}

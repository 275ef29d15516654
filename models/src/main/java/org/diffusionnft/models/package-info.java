/**
 * Diffusion transformers, adapters, schedules and solvers.
 *
 * <p>{@link org.diffusionnft.models.transformer.Mmdit} is loaded from any {@link
 * org.diffusionnft.models.WeightSource} and run with a {@link
 * org.diffusionnft.models.adapter.ForwardPass}, which selects the {@link
 * org.diffusionnft.models.adapter.Adapter}. {@link org.diffusionnft.models.sampling.Sampler}
 * integrates a {@link org.diffusionnft.models.sampling.Velocity} over a {@link
 * org.diffusionnft.models.solver.FlowMatchSchedule} with a {@link
 * org.diffusionnft.models.solver.Solver}.
 */
@NullMarked
package org.diffusionnft.models;

import org.jspecify.annotations.NullMarked;

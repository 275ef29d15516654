/**
 * Diffusion transformers, adapters, schedules and solvers.
 *
 * <p>{@link org.diffusionnft.models.Mmdit} is loaded from any {@link
 * org.diffusionnft.models.WeightSource} and run with a {@link org.diffusionnft.models.ForwardPass},
 * which says with which {@link org.diffusionnft.models.Adapter}. {@link
 * org.diffusionnft.models.Sampler} integrates a {@link org.diffusionnft.models.Velocity} over a
 * {@link org.diffusionnft.models.FlowMatchSchedule} with a {@link org.diffusionnft.models.Solver}.
 */
@NullMarked
package org.diffusionnft.models;

import org.jspecify.annotations.NullMarked;

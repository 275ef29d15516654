/** Diffusion transformers, adapters, schedules and solvers. */
@NullMarked
package org.diffusionnft.models;

import org.jspecify.annotations.NullMarked;

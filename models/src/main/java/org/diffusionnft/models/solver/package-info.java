/**
 * The flow-matching schedule, noise, and the solvers that step from one noise level to the next.
 */
@NullMarked
package org.diffusionnft.models.solver;

import org.jspecify.annotations.NullMarked;

/**
 * ShapesWorld, the embedded world: scenes of coloured shapes, prompts about them, a strict judge
 * and a frozen text encoder.
 */
@NullMarked
package org.diffusionnft.shapes;

import org.jspecify.annotations.NullMarked;

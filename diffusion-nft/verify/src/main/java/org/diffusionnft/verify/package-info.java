/**
 * Golden cases: recorded inputs and outputs of the reference implementations, replayed on any
 * device. What {@code dnft verify} runs, and how a new device or port is certified.
 */
@NullMarked
package org.diffusionnft.verify;

import org.jspecify.annotations.NullMarked;

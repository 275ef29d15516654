/**
 * The required results of every device: a list of small cases, each run on a device and on the
 * reference device. The tests run all of them on every device they find, and so does the command
 * line when it certifies a device.
 */
@NullMarked
package org.diffusionnft.conformance;

import org.jspecify.annotations.NullMarked;

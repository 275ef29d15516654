package org.diffusionnft.verify;

import java.io.IOException;
import org.diffusionnft.tensor.Device;

/** A kind of golden case: how it is recognised, and how its outputs are recomputed. */
interface CaseKind {
  /** The name of cases of this kind, to which {@code _anything} may be appended. */
  String name();

  /** Whether the configuration and the tensors match this kind. */
  boolean recognises(CaseFolder folder);

  /**
   * Computes every output on the device and compares it. All memory belongs to the caller's scope.
   *
   * @throws IOException if the case's files are invalid
   */
  void verify(CaseFolder folder, Device device, Checks checks) throws IOException;
}

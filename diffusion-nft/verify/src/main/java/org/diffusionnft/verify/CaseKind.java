package org.diffusionnft.verify;

import java.io.IOException;
import org.diffusionnft.tensor.Device;

/** A kind of golden case: how it is recognised, and how its outputs are computed again. */
interface CaseKind {
  /** What cases of this kind are named: this, or this and {@code _anything}. */
  String name();

  /** Whether the configuration and the tensors are those of this kind. */
  boolean recognises(CaseFolder folder);

  /**
   * Computes every output on the device and compares it. All memory belongs to the caller's scope.
   *
   * @throws IOException if the case's files are not what they must be
   */
  void verify(CaseFolder folder, Device device, Checks checks) throws IOException;
}

package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.jspecify.annotations.Nullable;

/** Queries, keys and values of one stream: three linear layers and two norms. */
record Projections(
    AdaptedLinear q, AdaptedLinear k, AdaptedLinear v, HeadNorm normQ, HeadNorm normK) {

  /** Projections of the image tokens, or of any single-stream attention. */
  static Projections ofImage(MmditWeights weights, String attention, int heads) {
    return new Projections(
        weights.linear(attention + ".to_q"),
        weights.linear(attention + ".to_k"),
        weights.linear(attention + ".to_v"),
        HeadNorm.of(weights, attention + ".norm_q", heads),
        HeadNorm.of(weights, attention + ".norm_k", heads));
  }

  /** Projections of the text tokens in joint attention. */
  static Projections ofText(MmditWeights weights, String attention, int heads) {
    return new Projections(
        weights.linear(attention + ".add_q_proj"),
        weights.linear(attention + ".add_k_proj"),
        weights.linear(attention + ".add_v_proj"),
        HeadNorm.of(weights, attention + ".norm_added_q", heads),
        HeadNorm.of(weights, attention + ".norm_added_k", heads));
  }

  Variable queries(Variable x, @Nullable Adapter adapter) {
    return normQ.apply(q.apply(x, adapter));
  }

  Variable keys(Variable x, @Nullable Adapter adapter) {
    return normK.apply(k.apply(x, adapter));
  }

  Variable values(Variable x, @Nullable Adapter adapter) {
    return v.apply(x, adapter);
  }
}

package org.diffusionnft.tests.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/** Tokenizers of a few tokens, in each form in which they come. */
final class TokenizerFiles {
  private TokenizerFiles() {}

  /** CLIP's two files. */
  static Map<String, byte[]> bytePairs() {
    return Map.of(
        "vocab.json",
        json(
            "{'a':0,'b':1,'b</w>':2,'ab</w>':3,'!':4,'<|startoftext|>':5,'<|endoftext|>':6,"
                + "'a</w>':7}"),
        "merges.txt",
        utf8("#version: 0.2\na b</w>\n"),
        "tokenizer_config.json",
        json(
            "{'pad_token':'!','bos_token':{'content':'<|startoftext|>','lstrip':false},"
                + "'added_tokens_decoder':{'6':{'content':'<|endoftext|>','special':true}}}"),
        "special_tokens_map.json",
        json("{'eos_token':'<|endoftext|>','unk_token':'<|endoftext|>'}"));
  }

  /** CLIP's one file. */
  static Map<String, byte[]> clipJson() {
    return Map.of(
        "tokenizer.json",
        json(
            "{'version':'1.0','added_tokens':[{'id':6,'content':'<|endoftext|>','normalized':true,"
                + "'special':true}],'normalizer':{'type':'Sequence','normalizers':[{'type':'NFC'},"
                + "{'type':'Replace','pattern':{'Regex':'\\\\s+'},'content':' '},"
                + "{'type':'Lowercase'}]},'pre_tokenizer':{'type':'Sequence','pretokenizers':["
                + "{'type':'Split','pattern':{'Regex':'"
                + "\\u0027s|\\u0027t|\\u0027re|\\u0027ve|\\u0027m|\\u0027ll|\\u0027d|[\\\\p{L}]+"
                + "|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+"
                + "'},'behavior':'Removed','invert':true},{'type':'ByteLevel',"
                + "'add_prefix_space':false}]},'post_processor':{'type':'RobertaProcessing',"
                + "'sep':['<|endoftext|>',6],'cls':['<|startoftext|>',5]},'model':{'type':'BPE',"
                + "'unk_token':'<|endoftext|>','continuing_subword_prefix':'',"
                + "'end_of_word_suffix':'</w>','vocab':{'a':0,'b':1,'b</w>':2,'ab</w>':3,'!':4,"
                + "'<|startoftext|>':5,'<|endoftext|>':6},'merges':['a b</w>']}}"));
  }

  /** T5's one file. */
  static Map<String, byte[]> t5Json() {
    String charsmap = Base64.getEncoder().encodeToString(charsmap());
    return Map.of(
        "tokenizer.json",
        json(
            "{'added_tokens':[{'id':1,'content':'</s>','special':true}],'normalizer':"
                + "{'type':'Sequence','normalizers':[{'type':'Precompiled','precompiled_charsmap':'"
                + charsmap
                + "'},{'type':'Strip','strip_left':false,'strip_right':true},{'type':'Replace',"
                + "'pattern':{'Regex':' {2,}'},'content':'\u2581'}]},"
                + "'pre_tokenizer':{'type':'Metaspace','replacement':'\u2581',"
                + "'prepend_scheme':'always'},'post_processor':{'type':'TemplateProcessing',"
                + "'single':[{'Sequence':{'id':'A'}},{'SpecialToken':{'id':'</s>'}}]},"
                + "'model':{'type':'Unigram','unk_id':2,'byte_fallback':false,'vocab':[['<pad>',0],"
                + "['</s>',0],['<unk>',0],['\u2581a',-1.5],['b',-2]]}}"));
  }

  /** T5's model. */
  static Map<String, byte[]> sentencePiece() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    piece(out, "<pad>", 0, 3);
    piece(out, "</s>", 0, 3);
    piece(out, "<unk>", 0, 2);
    piece(out, "\u2581a", -2, 1);
    piece(out, "b", -3, 1);
    out.writeBytes(new byte[] {0x12, 2, 0x18, 1});
    byte[] charsmap = charsmap();
    // field 3, the normalizer, and in it field 2: lengths of two bytes, seven bits in each
    int n = charsmap.length;
    out.writeBytes(new byte[] {0x1a, (byte) ((n + 3) | 0x80), (byte) ((n + 3) >> 7)});
    out.writeBytes(new byte[] {0x12, (byte) (n | 0x80), (byte) (n >> 7)});
    out.writeBytes(charsmap);
    return Map.of(
        "spiece.model", out.toByteArray(), "tokenizer_config.json", json("{'extra_ids':3}"));
  }

  private static void piece(ByteArrayOutputStream out, String text, float score, int type) {
    byte[] utf8 = utf8(text);
    out.writeBytes(new byte[] {0x0a, (byte) (utf8.length + 9), 0x0a, (byte) utf8.length});
    out.writeBytes(utf8);
    out.write(0x15);
    out.writeBytes(
        ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(score).array());
    out.writeBytes(new byte[] {0x18, (byte) type});
  }

  /** Maps A to a: two units that are reached, and one replacement. */
  private static byte[] charsmap() {
    int[] units = new int[256];
    units[0] = 1 << 10; // children at 1 ^ label
    units[1 ^ 'A'] = 2 << 10 | 1 << 8 | 'A';
    units[1 ^ 'A' ^ 2] = 1 << 31;
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (1 + 100) + 2);
    bytes.order(ByteOrder.LITTLE_ENDIAN).putInt(Integer.BYTES * 100);
    for (int i = 0; i < 100; i++) {
      bytes.putInt(units[i]);
    }
    return bytes.put((byte) 'a').put((byte) 0).array();
  }

  private static byte[] json(String text) {
    return utf8(text.replace('\'', '"'));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

/* Calls the signatures of a SavedModel through TensorFlow's C API.
 *
 * session_runs ARCHIVE TAGS CALLS ANSWERS: TAGS are separated by commas, and tests/support/tensor_files.py describes
 * the two files. It links the libraries of a TensorFlow wheel, and knows nothing of Python.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/tf_tstring.h"

enum { MAX_TENSORS = 256, MAX_RANK = 16, MAX_TAGS = 8 };

static const unsigned char *at, *end;
static FILE *answers;

static void fail(const char *why) {
  fprintf(stderr, "session_runs: %s\n", why);
  exit(2);
}

static const void *take(size_t size) {
  if ((size_t)(end - at) < size) fail("the file of calls ends early");
  const void *start = at;
  at += size;
  return start;
}

static uint32_t take_u32(void) {
  uint32_t value;
  memcpy(&value, take(sizeof value), sizeof value);
  return value;
}

static uint64_t take_u64(void) {
  uint64_t value;
  memcpy(&value, take(sizeof value), sizeof value);
  return value;
}

static char *take_text(void) {
  uint32_t size = take_u32();
  char *text = calloc(size + 1, 1);
  memcpy(text, take(size), size);
  return text;
}

static TF_Tensor *take_tensor(void) {
  TF_DataType dtype = (TF_DataType)take_u32();
  int rank = (int)take_u32();
  int64_t shape[MAX_RANK], count = 1;
  if (rank > MAX_RANK) fail("a tensor has too many dimensions");
  for (int i = 0; i < rank; i++) count *= shape[i] = (int64_t)take_u64();
  uint64_t size = take_u64();
  if (dtype != TF_STRING) {
    TF_Tensor *tensor = TF_AllocateTensor(dtype, shape, rank, size);
    memcpy(TF_TensorData(tensor), take(size), size);
    return tensor;
  }
  TF_Tensor *tensor = TF_AllocateTensor(dtype, shape, rank, count * sizeof(TF_TString));
  TF_TString *strings = TF_TensorData(tensor);
  for (int64_t i = 0; i < count; i++) {
    uint32_t length = take_u32();
    TF_TString_Init(&strings[i]);
    TF_TString_Copy(&strings[i], take(length), length);
  }
  return tensor;
}

static void put(const void *data, size_t size) {
  if (size && fwrite(data, 1, size, answers) != size) fail("the file of answers cannot be written");
}

static void put_u32(uint32_t value) { put(&value, sizeof value); }

static void put_u64(uint64_t value) { put(&value, sizeof value); }

static void put_text(const char *text, size_t size) {
  put_u32((uint32_t)size);
  put(text, size);
}

static void put_tensor(const TF_Tensor *tensor) {
  int rank = TF_NumDims(tensor);
  put_u32(TF_TensorType(tensor));
  put_u32((uint32_t)rank);
  for (int i = 0; i < rank; i++) put_u64((uint64_t)TF_Dim(tensor, i));
  if (TF_TensorType(tensor) != TF_STRING) {
    put_u64(TF_TensorByteSize(tensor));
    put(TF_TensorData(tensor), TF_TensorByteSize(tensor));
    return;
  }
  const TF_TString *strings = TF_TensorData(tensor);
  int64_t count = TF_TensorElementCount(tensor);
  uint64_t size = 0;
  for (int64_t i = 0; i < count; i++) size += 4 + TF_TString_GetSize(&strings[i]);
  put_u64(size);
  for (int64_t i = 0; i < count; i++) put_text(TF_TString_GetDataPointer(&strings[i]), TF_TString_GetSize(&strings[i]));
}

/* The output of the graph that is called "operation:index". */
static TF_Output output_called(TF_Graph *graph, char *name, TF_Status *status) {
  TF_Output output = {NULL, 0};
  char *colon = strrchr(name, ':');
  if (colon) {
    output.index = atoi(colon + 1);
    *colon = 0;
  }
  output.oper = TF_GraphOperationByName(graph, name);
  if (!output.oper) TF_SetStatus(status, TF_NOT_FOUND, name);
  free(name);
  return output;
}

/* Reads one call. It is made, and its answer written, where the status is good: an error ends a run. */
static void do_call(TF_Session *session, TF_Graph *graph, TF_Status *status) {
  static TF_Output feeds[MAX_TENSORS], fetches[MAX_TENSORS];
  static TF_Tensor *given[MAX_TENSORS], *found[MAX_TENSORS];
  static char *names[MAX_TENSORS];
  int is_made = TF_GetCode(status) == TF_OK;
  free(take_text()); /* the signature: the names of its tensors are enough */
  int inputs = (int)take_u32();
  if (inputs > MAX_TENSORS) fail("a call has too many inputs");
  for (int i = 0; i < inputs; i++) {
    free(take_text());
    char *name = take_text();
    given[i] = take_tensor();
    if (is_made) feeds[i] = output_called(graph, name, status);
    else free(name);
  }
  int outputs = (int)take_u32();
  if (outputs > MAX_TENSORS) fail("a call has too many outputs");
  for (int i = 0; i < outputs; i++) {
    names[i] = take_text();
    char *name = take_text();
    if (is_made) fetches[i] = output_called(graph, name, status);
    else free(name);
  }
  if (is_made && TF_GetCode(status) == TF_OK)
    TF_SessionRun(session, NULL, feeds, given, inputs, fetches, found, outputs, NULL, 0, NULL, status);
  if (is_made && TF_GetCode(status) == TF_OK) {
    put_u32(0);
    put_u32((uint32_t)outputs);
    for (int i = 0; i < outputs; i++) {
      put_text(names[i], strlen(names[i]));
      put_tensor(found[i]);
      TF_DeleteTensor(found[i]);
    }
  } else if (is_made) {
    put_u32(1);
    put_text(TF_Message(status), strlen(TF_Message(status)));
  }
  for (int i = 0; i < inputs; i++) TF_DeleteTensor(given[i]);
  for (int i = 0; i < outputs; i++) free(names[i]);
}

static void do_run(const char *archive, const char *const *tags, int tag_count) {
  TF_Status *status = TF_NewStatus(), *closing = TF_NewStatus();
  TF_Graph *graph = TF_NewGraph();
  TF_SessionOptions *options = TF_NewSessionOptions();
  TF_Session *session = TF_LoadSessionFromSavedModel(options, NULL, archive, tags, tag_count, graph, NULL, status);
  uint32_t calls = take_u32();
  put_u32(calls);
  if (!session) {
    put_u32(1);
    put_text(TF_Message(status), strlen(TF_Message(status)));
  }
  for (uint32_t i = 0; i < calls; i++) do_call(session, graph, status);
  if (session) {
    TF_CloseSession(session, closing);
    TF_DeleteSession(session, closing);
  }
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(closing);
  TF_DeleteStatus(status);
}

int main(int argc, char **argv) {
  if (argc != 5) fail("usage: session_runs ARCHIVE TAGS CALLS ANSWERS");
  const char *tags[MAX_TAGS];
  int tag_count = 0;
  for (char *tag = strtok(argv[2], ","); tag && tag_count < MAX_TAGS; tag = strtok(NULL, ",")) tags[tag_count++] = tag;
  FILE *calls = fopen(argv[3], "rb");
  answers = fopen(argv[4], "wb");
  if (!calls || !answers) fail("a file cannot be opened");
  fseek(calls, 0, SEEK_END);
  long size = ftell(calls);
  rewind(calls);
  unsigned char *data = malloc((size_t)size + 1);
  if (fread(data, 1, (size_t)size, calls) != (size_t)size) fail("the file of calls cannot be read");
  fclose(calls);
  at = data;
  end = data + size;
  uint32_t runs = take_u32();
  put_u32(runs);
  for (uint32_t i = 0; i < runs; i++) do_run(argv[1], tags, tag_count);
  if (at != end) fail("the file of calls is longer than its calls");
  if (fclose(answers) != 0) fail("the file of answers cannot be written");
  free(data);
  return 0;
}

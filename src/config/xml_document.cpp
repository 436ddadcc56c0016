#include "config/xml_document.hpp"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include "config/config_error.hpp"
#include "config/values.hpp"

namespace hdfsmount::config {
namespace {

#if LIBXML_VERSION >= 21200
using xml_error_pointer = const xmlError*;
#else
using xml_error_pointer = xmlError*;
#endif

struct parse_failure {
  std::string what;
  long line = 0;
};

std::string_view view(const char* text) {
  return text ? std::string_view(text) : std::string_view();
}
std::string_view view(const xmlChar* text) {
  return view(reinterpret_cast<const char*>(text));
}

/// libxml2's words, except where a plainer sentence with a better line number is known.
parse_failure describe(const xmlError& error) {
  switch (error.code) {
    case XML_ERR_TAG_NAME_MISMATCH:
    case XML_ERR_TAG_NOT_FINISHED:
      return {fmt::format("element <{}> is not closed", view(error.str1)), error.int1 > 0 ? error.int1 : error.line};
    case XML_ERR_DOCUMENT_EMPTY:
      return {"the file is empty or does not begin with an element", error.line};
    case XML_ERR_ENTITY_LOOP:
      return {"its entities expand without bound", error.line};
    default:
      return {std::string(trim(view(error.message))), error.line};
  }
}

void keep_first_error(void* context, xml_error_pointer error) {
  auto& failure = *static_cast<parse_failure*>(static_cast<xmlParserCtxtPtr>(context)->_private);
  if (failure.what.empty() && error->level >= XML_ERR_ERROR) failure = describe(*error);
}

void refuse_external_entity(void* context, const xmlChar* name, int type, const xmlChar* public_id,
                            const xmlChar* system_id, xmlChar* content) {
  if (type == XML_INTERNAL_GENERAL_ENTITY || type == XML_INTERNAL_PARAMETER_ENTITY) {
    xmlSAX2EntityDecl(context, name, type, public_id, system_id, content);
    return;
  }
  const auto parser = static_cast<xmlParserCtxtPtr>(context);
  auto& failure = *static_cast<parse_failure*>(parser->_private);
  if (failure.what.empty()) {
    failure = {fmt::format("the external entity '{}' is refused", view(name)), parser->input ? parser->input->line : 0};
  }
  xmlStopParser(parser);
}

struct free_parser {
  void operator()(xmlParserCtxtPtr parser) const { xmlFreeParserCtxt(parser); }
};

}  // namespace

std::string_view xml_element::name() const {
  return view(node_->name);
}

long xml_element::line() const {
  return xmlGetLineNo(node_);
}

std::vector<xml_element> xml_element::children() const {
  std::vector<xml_element> out;
  for (auto child = node_->children; child; child = child->next) {
    if (child->type == XML_ELEMENT_NODE) out.emplace_back(child);
  }
  return out;
}

std::optional<std::string> xml_element::attribute(std::string_view name) const {
  for (auto attribute = node_->properties; attribute; attribute = attribute->next) {
    if (view(attribute->name) != name) continue;
    const std::unique_ptr<xmlChar, void (*)(void*)> value(xmlNodeListGetString(node_->doc, attribute->children, 1),
                                                          [](void* text) { xmlFree(text); });
    return std::string(view(value.get()));
  }
  return std::nullopt;
}

std::string xml_element::text() const {
  const std::unique_ptr<xmlChar, void (*)(void*)> content(xmlNodeGetContent(node_), [](void* text) { xmlFree(text); });
  return std::string(view(content.get()));
}

xml_document::xml_document(std::string_view content, const std::string& name) : document_(nullptr, xmlFreeDoc) {
  xmlInitParser();
  if (content.empty()) throw config_error::of("{}:1: the file is empty; {}", name, mend_advice);
  const std::unique_ptr<xmlParserCtxt, free_parser> parser(xmlNewParserCtxt());
  if (!parser) throw std::bad_alloc();
  parse_failure failure;
  parser->_private = &failure;
  parser->sax->serror = keep_first_error;
  parser->sax->entityDecl = refuse_external_entity;
  document_.reset(xmlCtxtReadMemory(parser.get(), content.data(), static_cast<int>(content.size()), name.c_str(),
                                    nullptr,
                                    XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES));
  if (document_ && failure.what.empty() && xmlDocGetRootElement(document_.get())) return;
  if (failure.what.empty()) failure.what = "not well-formed XML";
  throw config_error::of("{}:{}: {}; {}", name, failure.line, failure.what, mend_advice);
}

xml_element xml_document::root() const {
  return xml_element(xmlDocGetRootElement(document_.get()));
}

}  // namespace hdfsmount::config
